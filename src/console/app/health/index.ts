/** The page that says what Weir sees, and what it has lost. */
export { healthPage } from './health-page.tsx';
