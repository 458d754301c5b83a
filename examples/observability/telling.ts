import type { Page } from './pager.ts';

const indent = ' '.repeat(10);

/** Prints what happens now, with the time. */
export function tell(text: string): void {
  console.log(`${clock(Date.now())}  ${wrapped(text)}`);
}

/** Prints what belongs to the text before. */
export function more(text: string): void {
  console.log(`${indent}${wrapped(text)}`);
}

/** Prints addresses, which are never broken, so that a click takes all of one. */
export function list(addresses: readonly [what: string, url: string][]): void {
  for (const [what, url] of addresses) console.log(`${indent}  ${what.padEnd(26)} ${url}`);
}

export function tellPage({ status, labels, annotations, startsAt, endsAt }: Page): void {
  const { alertname, severity, subject, ...of } = labels;
  const isFiring = status === 'firing';
  tell(
    `PAGE  ${status}  ${alertname} (${severity}) since ${clock(Date.parse(isFiring ? startsAt : endsAt))}`,
  );
  const whose = Object.entries(of).map(([name, value]) => `${name} ${value}`);
  if (isFiring) more(annotations.description!);
  else if (whose.length > 0) more(whose.join(', '));
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

/** Lines of a hundred characters, beside the time. */
function wrapped(text: string): string {
  return text.replace(/(?=.{101})(.{1,100}) /g, `$1\n${indent}`);
}
