import views from './shipped-views.json' with { type: 'json' };

/** A view that comes with Weir, and the question that it answers. */
export interface ShippedView {
  readonly name: string;
  readonly question: string;
  /** The query string of the page. */
  readonly search: string;
}

export const shippedViews: readonly ShippedView[] = views;
