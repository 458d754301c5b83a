import { type Happening, timeOf } from '../corpus/index.ts';
import type { JudgedWorld } from './tally.ts';

/** One line for each miss and each false alarm, for tuning the rules. */
export function explanationLines(worlds: readonly JudgedWorld[]): string[] {
  return worlds
    .flatMap(({ world, judgement }) => [
      ...judgement.expected
        .filter(({ afterMinutes }) => afterMinutes === undefined)
        .map(({ alert, happening }) => `missed ${alert} world ${world.index}: ${happeningText(happening)}`),
      ...judgement.falseFirings.map(({ firing, happening }) => {
        const { severity: _, subject: __, ...labels } = firing.labels;
        const minutes = Math.round((firing.endMs - firing.startMs) / 60_000);
        const near = happening ? `; near ${happeningText(happening)}` : '';
        return `false  ${firing.alert} world ${world.index}: ${hourText(firing.startMs)} for ${minutes} min ${JSON.stringify(labels)}${near}`;
      }),
    ])
    .sort();
}

function happeningText({ kind, subjects, during: { from, to } }: Happening): string {
  return `${kind} ${hourText(timeOf(from))} for ${to - from} min, ${subjects[0] ?? 'the cluster'}`;
}

const hourText = (timeMs: number): string => new Date(timeMs).toISOString().slice(5, 16);
