import type { AnswerSource } from './answer-source.ts';
import type { ToolAnswer } from './tool-answer.ts';

/** JSON Schema of an argument. */
export type ArgumentSchema = Readonly<Record<string, unknown>> & { readonly description: string };

export interface ToolQuestion<Arguments> {
  /** They have passed the tool's schema. */
  readonly given: Arguments;
  readonly source: AnswerSource;
  /** Aborts when the client cancels its request or leaves. */
  readonly signal: AbortSignal;
  readonly nowMs: number;
}

/** One question that an assistant can ask. It changes nothing. */
export interface Tool<Arguments> {
  readonly name: string;
  readonly title: string;
  /** What it answers, and when to call it. */
  readonly description: string;
  /** Its arguments; it has no others. */
  readonly properties: { readonly [Name in keyof Arguments]-?: ArgumentSchema };
  readonly required: readonly (keyof Arguments & string)[];
  answer(question: ToolQuestion<Arguments>): Promise<ToolAnswer>;
}

/** A tool of any arguments, which its schema has checked. */
export interface AnyTool extends Omit<Tool<object>, 'properties' | 'required'> {
  readonly properties: Readonly<Record<string, ArgumentSchema>>;
  readonly required: readonly string[];
}
