/** What a picture of Explore needs. */
export interface PictureKind {
  readonly title: string;
  readonly key: string;
  /** Whether it shows time, so that it needs buckets. */
  readonly hasTime: boolean;
  readonly leastDimensions: number;
}

export const pictureKinds = {
  sankey: { title: 'Sankey', key: 's', hasTime: false, leastDimensions: 1 },
  chord: { title: 'Chord', key: 'c', hasTime: false, leastDimensions: 2 },
  matrix: { title: 'Matrix', key: 'm', hasTime: false, leastDimensions: 2 },
  stacked: { title: 'Stacked', key: 'a', hasTime: true, leastDimensions: 0 },
  lines: { title: 'Lines', key: 'l', hasTime: true, leastDimensions: 0 },
  heat: { title: 'Heat map', key: 'h', hasTime: true, leastDimensions: 1 },
} as const satisfies Record<string, PictureKind>;

export type PictureName = keyof typeof pictureKinds;

export const pictureNames = Object.keys(pictureKinds) as PictureName[];
