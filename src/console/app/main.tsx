import { render } from 'preact';

/** The program of the console: everything below is drawn into one element of index.html. */
render(
  <main>
    <h1>Weir</h1>
  </main>,
  document.getElementById('console')!,
);
