import { useEffect, useState } from 'preact/hooks';
import { LACKS_PATH, type Lacks, type ProcessSubject } from '../../contract.ts';
import { askJson } from '../answer/index.ts';

/** Why the server behind the console does not answer something. That is no fault, and stays so. */
export class Lacking extends Error {}

let known: Promise<Lacks> | undefined;

/**
 * Asks the server once for each time that the page is loaded.
 * @throws {Lacking} what the server does not answer, without asking it
 */
export async function expectAnswered(subject: ProcessSubject): Promise<void> {
  known ??= askJson<Lacks>(LACKS_PATH, {});
  let lacks: Lacks;
  try {
    lacks = await known;
  } catch (error) {
    known = undefined; // the next question tries again
    throw error;
  }
  if (lacks[subject] !== undefined) throw new Lacking(lacks[subject]);
}

/** Why something cannot be asked here; undefined: it can, as far as is known so far. */
export function useLack(subject: ProcessSubject): string | undefined {
  const [lack, setLack] = useState<string>();
  useEffect(() => {
    expectAnswered(subject).catch((error) => error instanceof Lacking && setLack(error.message));
  }, [subject]);
  return lack;
}
