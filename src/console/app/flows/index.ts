/** The page of single records: a table of any length, the details of one flow, and live flows. */
export { flowsPage } from './flows-page.tsx';
