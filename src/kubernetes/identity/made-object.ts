import type { PemPair } from '../../certificates/index.ts';
import { type AuthorityState, authorityData, signingPair } from './authority-state.ts';
import type { IdentityStep } from './decision.ts';
import { dataKeys, type IdentityData, type IdentityRole } from './identity-store.ts';
import type { RotationTimes } from './rotation-times.ts';

/** What a step writes. */
export interface MadeObject {
  readonly role: IdentityRole;
  readonly data: IdentityData;
  /** What is done and why, for the log. */
  readonly text: string;
}

/** The name in the certificate of all agents. */
export const CLIENT_NAME = 'weir-agent';

/** Makes the keys and certificates of a step. */
export async function makeObject(
  step: IdentityStep,
  nowMs: number,
  { lifetimeDays }: RotationTimes,
): Promise<MadeObject> {
  const { newAuthorityPair } = await loadCertificates();
  switch (step.does) {
    case 'make authority': {
      const active = signingPair(await newAuthorityPair(nowMs, lifetimeDays));
      const { earlier } = step;
      const previous = earlier === undefined ? [] : [earlier.active.x509, ...earlier.previous];
      return authorityObject({ active, previous }, `makes an authority: ${step.reason}`);
    }
    case 'announce authority': {
      const next = signingPair(await newAuthorityPair(nowMs, lifetimeDays));
      return authorityObject({ ...step.state, next }, 'announces the next authority, which signs later');
    }
    case 'write authority':
      return authorityObject(step.state, `changes the authorities: ${step.reason}`);
    case 'write bundle':
      return { role: 'bundle', data: { [dataKeys.authorities]: step.bundle }, text: 'publishes authorities' };
    case 'make client': {
      const names = [CLIENT_NAME];
      const { certificate, key } = await newLeaf(step.state, 'agent', names, nowMs, lifetimeDays);
      const data = { [dataKeys.certificate]: certificate, [dataKeys.key]: key };
      return { role: 'client', data, text: `makes the certificate of the agents: ${step.reason}` };
    }
  }
}

/** Makes a certificate of a host by the active authority. */
export async function newLeaf(
  { active }: AuthorityState,
  role: 'agent' | 'aggregator',
  names: readonly string[],
  nowMs: number,
  lifetimeDays: number,
): Promise<PemPair> {
  const { newLeafPair } = await loadCertificates();
  return newLeafPair(active, { role, names, days: lifetimeDays }, nowMs);
}

/** It loads several megabytes, which a process that signs nothing does not need. */
const loadCertificates = () => import('../../certificates/index.ts');

const authorityObject = (state: AuthorityState, text: string): MadeObject => ({
  role: 'authority',
  data: authorityData(state),
  text,
});
