/** Views: links with names, which come with Weir or which readers save. */
export { type ShippedView, shippedViews } from './shipped-views.ts';
export { ViewsMenu } from './views-menu.tsx';
