/** The registry of pages: one file or folder for each, and one line of `pages.ts`. */
export { pages } from './pages.ts';
