import { render } from 'preact';
import { keepLinksInside } from './address/index.ts';
import { Shell } from './shell/index.ts';

/** The program of the console: everything below is drawn into one element of index.html. */
keepLinksInside();
render(<Shell />, document.getElementById('console')!);
