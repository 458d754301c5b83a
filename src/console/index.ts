/** The console in a browser: `server/` answers, `app/` is the program that a browser runs. */
export * from './server/index.ts';
