/** Groups that a question names, and dimensions that it has. */
export const questionBounds = { defaultTop: 20, mostTop: 1_000, mostDimensions: 4 } as const;
