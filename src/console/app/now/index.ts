/** The first page: what happens in these minutes, beside the minutes before. */
export { nowPage } from './now-page.tsx';
