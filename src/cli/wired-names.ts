import type { FlowEnricher } from '../flow/index.ts';
import {
  ClusterFollower,
  ClusterNames,
  type ClusterNamesOptions,
  type FollowedState,
  isFollowed,
  KubernetesEnricher,
  type KubernetesEnricherOptions,
  type KubernetesSettings,
} from '../kubernetes/index.ts';
import type { ClusterReadings } from '../metrics/index.ts';
import type { Component } from '../runtime/index.ts';
import type { Service } from './service.ts';

/** Names of Kubernetes, wired: API server → follower → names → enricher. Empty without a cluster. */
export interface WiredNames {
  readonly components: readonly Component[];
  readonly enrichers: readonly FlowEnricher[];
  /** Undefined without a cluster. */
  readonly readings?: () => ClusterReadings;
}

export function wireNames(
  settings: KubernetesSettings,
  service: Service,
  options: ClusterNamesOptions & KubernetesEnricherOptions,
): WiredNames {
  if (!isFollowed(settings)) return { components: [], enrichers: [] };
  const { clock, ledger, log } = service;
  const names = new ClusterNames(clock, options);
  const follower = new ClusterFollower(settings, { names, clock, ledger, log });
  return {
    components: [follower],
    enrichers: [new KubernetesEnricher(names, ledger, options)],
    readings: () => ({
      held: names.held,
      followed: follower.states.map((state) => followedReadingOf(state, clock.monotonic())),
    }),
  };
}

const followedReadingOf = ({ plural, isSynced, staleSinceMs }: FollowedState, nowMs: number) => ({
  kind: plural,
  isSynced,
  staleSeconds: staleSinceMs === undefined ? 0 : (nowMs - staleSinceMs) / 1_000,
});
