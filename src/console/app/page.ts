import type { ComponentType } from 'preact';

/** A page of the console. The shell shows its bars above it; the page reads its own parameters. */
export interface Page {
  /** In the address: ?page=explore. */
  readonly name: string;
  readonly title: string;
  /** Whether the time and the filter of the address matter to it. */
  readonly hasTime: boolean;
  readonly hasFilter: boolean;
  readonly View: ComponentType;
}
