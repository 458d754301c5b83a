import type { X509Certificate } from 'node:crypto';
import {
  type AuthorityState,
  bundleOf,
  faultText,
  readAuthority,
  readCertificates,
  readPair,
} from './authority-state.ts';
import {
  dataKeys,
  type IdentityData,
  type IdentityObject,
  type IdentityRole,
  objectText,
  ownLabel,
} from './identity-store.ts';
import type { RotationTimes } from './rotation-times.ts';

/** The objects as they were read; undefined: there is none. */
export type FoundObjects = Readonly<Record<IdentityRole, IdentityObject | undefined>>;

/** One object to write. */
export type IdentityStep =
  /** A new authority, which signs at once. With an earlier state, everybody trusts that one still. */
  | { readonly does: 'make authority'; readonly reason: string; readonly earlier?: AuthorityState }
  /** A new authority, which signs later. */
  | { readonly does: 'announce authority'; readonly state: AuthorityState }
  | { readonly does: 'write authority'; readonly reason: string; readonly state: AuthorityState }
  | { readonly does: 'write bundle'; readonly bundle: string }
  | { readonly does: 'make client'; readonly reason: string; readonly state: AuthorityState };

export interface IdentityDecision {
  /** The next step; undefined when all is as it should be, or nothing more can be done. */
  readonly step?: IdentityStep;
  /** The authorities to work with; undefined when there are none that can be used. */
  readonly state?: AuthorityState;
  /** What somebody else must mend, as sentences. */
  readonly problems: readonly string[];
}

/** What there is, and when it was read. */
export interface Situation {
  readonly found: FoundObjects;
  readonly namespace: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly times: RotationTimes;
}

/**
 * What to write next: the authority, then the bundle, then the certificate of the agents. It never goes back,
 * also when the clocks of two aggregators differ: what one has done, the other does not undo. /
 */
export function decideIdentity(situation: Situation): IdentityDecision {
  const authority = decideAuthority(situation);
  const { state, step } = authority;
  if (state === undefined || step !== undefined) return authority;
  const bundle = decideBundle(situation, state);
  if (bundle.step !== undefined) return { ...bundle, state };
  const client = decideClient(situation, state);
  const last = client.step ?? tidyStep(situation, state);
  const problems = [...authority.problems, ...bundle.problems, ...client.problems];
  return { state, problems, ...(last && { step: last }) };
}

function decideAuthority(situation: Situation): IdentityDecision {
  const { found, nowMs, times } = situation;
  const { authority } = found;
  if (!isFilled(authority)) return stepOf({ does: 'make authority', reason: 'there is none' });
  let state: AuthorityState;
  try {
    state = readAuthority(authority.data);
  } catch (error) {
    const reason = faultText(error);
    if (authority.isOwn) return stepOf({ does: 'make authority', reason });
    return { problems: [foreignProblem('authority', situation, reason)] };
  }
  if (isAhead(state.active.x509, nowMs)) return decideAheadAuthority(situation, state);
  const leftMs = millisecondsLeft(state.active.x509, nowMs);
  if (leftMs >= times.renewBeforeMs) return { state, problems: [] };
  if (!authority.isOwn) return decideForeignAuthority(situation, state, leftMs);
  const step = rotationStep(situation, state, leftMs);
  return { state, problems: [], ...(step && { step }) };
}

/**
 * The active authority is not valid yet, so that nobody accepts what it signs. Either the clock of its maker
 * was ahead, or the clock here is behind: the API server's clock decides. One replacement is enough. If the
 * next one is not valid yet either, two aggregators with different clocks would go on for ever.
 */
function decideAheadAuthority(situation: Situation, state: AuthorityState): IdentityDecision {
  const { found, namespace, nowMs } = situation;
  const { isOwn, writtenMs } = found.authority!;
  const { x509 } = state.active;
  const reason = `valid only from ${timeText(x509.validFromDate.getTime())}`;
  const mayReplace = isOwn && isAheadOfBoth(x509, nowMs, writtenMs);
  if (mayReplace && !state.previous.some((one) => isAhead(one, nowMs)))
    return {
      ...stepOf({ does: 'make authority', reason: `the one before is ${reason}`, earlier: state }),
      state,
    };
  const text = `${objectText('authority', namespace)}: its certificate is ${reason}, and here it is ${timeText(nowMs)}. Set the clocks of the nodes that run aggregators; if it stays, empty the Secret`;
  return { state, problems: [text] };
}

/** The active authority ends soon. */
function rotationStep(
  { found, nowMs, times }: Situation,
  state: AuthorityState,
  leftMs: number,
): IdentityStep | undefined {
  const { active, next, previous } = state;
  const isUrgent = leftMs <= times.announceMs;
  if (next === undefined) {
    return isUrgent
      ? { does: 'make authority', reason: `the one before ends on ${dayOf(active.x509)}`, earlier: state }
      : { does: 'announce authority', state };
  }
  const isKnown = nowMs - next.x509.validFromDate.getTime() >= times.announceMs;
  const isPublished = hasCertificates(found.bundle?.data, [next.x509]);
  if (!isUrgent && !(isKnown && isPublished)) return undefined;
  const reason = 'the announced one signs now';
  return { does: 'write authority', reason, state: { active: next, previous: [active.x509, ...previous] } };
}

function decideForeignAuthority(
  situation: Situation,
  state: AuthorityState,
  leftMs: number,
): IdentityDecision {
  const reason = `its certificate ${leftMs > 0 ? 'ends' : 'ended'} on ${dayOf(state.active.x509)}`;
  if (leftMs <= 0) return { problems: [foreignProblem('authority', situation, reason)] };
  const text = `${objectText('authority', situation.namespace)}: ${reason}. Weir did not make it, so its owner must renew it`;
  return { state, problems: [text] };
}

function decideBundle(situation: Situation, state: AuthorityState): IdentityDecision {
  const { bundle: found } = situation.found;
  const bundle = bundleOf(state);
  if (found === undefined) return stepOf({ does: 'write bundle', bundle });
  if (found.data[dataKeys.authorities] === bundle) return { problems: [] };
  if (found.isOwn) return stepOf({ does: 'write bundle', bundle });
  const trusted = [state.active, ...(state.next === undefined ? [] : [state.next])].map(({ x509 }) => x509);
  if (hasCertificates(found.data, trusted)) return { problems: [] };
  const reason = `its ${dataKeys.authorities} lacks the authority of ${objectText('authority', situation.namespace)}`;
  return { problems: [foreignProblem('bundle', situation, reason)] };
}

function decideClient(situation: Situation, state: AuthorityState): IdentityDecision {
  const { client } = situation.found;
  if (!isFilled(client)) return stepOf({ does: 'make client', reason: 'there is none', state });
  const reason = clientFault(situation, state, client);
  if (reason === undefined) return { problems: [] };
  if (client.isOwn) return stepOf({ does: 'make client', reason, state });
  return { problems: [foreignProblem('client', situation, reason)] };
}

function clientFault(
  { nowMs, times }: Situation,
  state: AuthorityState,
  { data, isOwn, writtenMs }: IdentityObject,
): string | undefined {
  try {
    const { x509 } = readPair(data, dataKeys.certificate, dataKeys.key);
    // Under an authority that is not valid yet either, another one would help nobody.
    const isKept = isAhead(state.active.x509, nowMs) || !isAheadOfBoth(x509, nowMs, writtenMs);
    if (isOwn) return leafFault(x509, state, nowMs, times) ?? (isKept ? undefined : aheadFault(x509, nowMs));
    const signers = [state.active.x509, ...state.previous];
    if (!signers.some((signer) => isSignedBy(x509, signer)))
      return 'another authority signed its certificate';
    return millisecondsLeft(x509, nowMs) > 0 ? undefined : `its certificate ended on ${dayOf(x509)}`;
  } catch (error) {
    return faultText(error);
  }
}

/** Why the certificate of a host is to be made anew; undefined when it is not. */
export function leafFault(
  certificate: X509Certificate,
  { active }: AuthorityState,
  nowMs: number,
  { renewBeforeMs }: RotationTimes,
): string | undefined {
  if (!isSignedBy(certificate, active.x509)) return 'another authority signs now';
  const endsSoon = millisecondsLeft(certificate, nowMs) < renewBeforeMs;
  // One that ends with its authority would end then again.
  const endsFirst = certificate.validToDate < active.x509.validToDate;
  return endsSoon && endsFirst ? `it ends on ${dayOf(certificate)}` : undefined;
}

/** Why a certificate cannot be used yet; undefined when it can soon. */
export const aheadFault = (certificate: X509Certificate, nowMs: number): string | undefined =>
  isAhead(certificate, nowMs)
    ? `it is valid only from ${timeText(certificate.validFromDate.getTime())}`
    : undefined;

/** Forgets authorities that have ended, once all else is done. */
function tidyStep({ found, nowMs }: Situation, state: AuthorityState): IdentityStep | undefined {
  const previous = state.previous.filter((one) => millisecondsLeft(one, nowMs) > 0);
  if (previous.length === state.previous.length || found.authority?.isOwn !== true) return undefined;
  return { does: 'write authority', reason: 'an earlier one has ended', state: { ...state, previous } };
}

/** The manifests bring objects without contents. */
const isFilled = (object: IdentityObject | undefined): object is IdentityObject =>
  object !== undefined && Object.keys(object.data).length > 0;

const stepOf = (step: IdentityStep): IdentityDecision => ({ step, problems: [] });

function hasCertificates(data: IdentityData | undefined, wanted: readonly X509Certificate[]): boolean {
  const text = data?.[dataKeys.authorities];
  if (text === undefined) return false;
  try {
    const found = readCertificates(text, dataKeys.authorities).map(({ fingerprint256 }) => fingerprint256);
    return wanted.every(({ fingerprint256 }) => found.includes(fingerprint256));
  } catch {
    return false;
  }
}

const isSignedBy = (certificate: X509Certificate, signer: X509Certificate): boolean =>
  certificate.checkIssued(signer) && certificate.verify(signer.publicKey);

const millisecondsLeft = (certificate: X509Certificate, nowMs: number): number =>
  certificate.validToDate.getTime() - nowMs;

/** Certificates are valid from before they are made, so clocks may differ. Within this time waiting helps. */
const AHEAD_MS = 3_600_000;

const isAhead = (certificate: X509Certificate, nowMs: number): boolean =>
  certificate.validFromDate.getTime() - nowMs > AHEAD_MS;

/** By the API server's clock, too: what others made is not undone because the clock here is behind. */
const isAheadOfBoth = (certificate: X509Certificate, nowMs: number, writtenMs: number | undefined): boolean =>
  writtenMs !== undefined && isAhead(certificate, Math.max(nowMs, writtenMs));

const timeText = (ms: number): string => new Date(ms).toISOString();

const dayOf = (certificate: X509Certificate): string => certificate.validToDate.toISOString().slice(0, 10);

function foreignProblem(role: IdentityRole, { namespace }: Situation, reason: string): string {
  return `${objectText(role, namespace)} cannot be used: ${reason}. Weir did not make it, so it does not replace it. Empty it, or give it the label ${ownLabel.key}=${ownLabel.value}`;
}
