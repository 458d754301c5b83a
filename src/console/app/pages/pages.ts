import { explorePage } from '../explore/index.ts';
import { flowsPage } from '../flows/index.ts';
import { healthPage } from '../health/index.ts';
import { mapPage } from '../map/index.ts';
import { nowPage } from '../now/index.ts';
import type { Page } from '../page.ts';

/** All pages, in the order of the menu. The first is shown without a name in the address. */
export const pages: readonly Page[] = [nowPage, explorePage, flowsPage, mapPage, healthPage];
