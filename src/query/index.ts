/** Questions about flows of the past, and their answers. */
export * from './contract/index.ts';
