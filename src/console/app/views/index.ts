/** Views: links with names. */
export { type ShippedView, shippedViews } from './shipped-views.ts';
