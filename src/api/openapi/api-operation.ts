import type { JsonSchema } from '../../runtime/index.ts';

/** What a client may ask of a route, and what it answers. */
export interface ApiOperation {
  /** The heading that it stands under. */
  readonly tag: 'flows' | 'history' | 'events' | 'process';
  /** A short phrase. */
  readonly summary: string;
  /** Sentences. */
  readonly description?: string;
  readonly parameters?: readonly ApiParameter[];
  /** A JSON body. */
  readonly body?: JsonSchema;
  /** By status. Errors that every route may answer are added in the document. */
  readonly answers: Readonly<Record<number, ApiAnswer>>;
  /** The right that callers need in a cluster. Without one the route is for everybody there. */
  readonly right?: string;
  /** Whether no server asks for a token. */
  readonly isForEverybody?: true;
  /** Whether the API server of a cluster lacks it. */
  readonly isLocal?: true;
}

/** By method and path, as in `Routes`. */
export type ApiOperations = Readonly<Record<string, ApiOperation>>;

/** A parameter in the query of an address. */
export interface ApiParameter {
  readonly name: string;
  readonly in: 'query';
  readonly description: string;
  readonly required?: true;
  readonly schema: JsonSchema;
  readonly style?: 'form';
  /** A list: whether each value has a parameter of its own. Else commas separate them. */
  readonly explode?: boolean;
}

export interface ApiAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  /** By media type. For lines of JSON the schema is that of one line. */
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

export const jsonAnswer = (description: string, schema: JsonSchema): ApiAnswer => ({
  description,
  content: { 'application/json': { schema } },
});

/** The schemas of a kind of route, by the names that references have. */
export type NamedSchemas = Readonly<Record<string, JsonSchema>>;
