/** Answers browsers: the app's files to those who have the token, and their saved views. */
export type { Lacks, ProcessSubject } from '../contract.ts';
export { ConsoleApp } from './console-app.ts';
export { consoleRoutes } from './console-routes.ts';
export { consoleOption } from './options.ts';
export { SavedViewsFile } from './saved-views-file.ts';
