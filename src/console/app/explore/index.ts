/** The page that asks any question about flows of the past, with pictures. */
export { explorePage } from './explore-page.tsx';
