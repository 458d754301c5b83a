/** The page that draws who talks with whom as boxes and edges. */
export { mapPage } from './map-page.tsx';
