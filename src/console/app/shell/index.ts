/** The frame of all pages. */
export { Shell } from './shell.tsx';
