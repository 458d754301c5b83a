import { hostname } from 'node:os';
import { ProcessLog } from '../logs/index.ts';
import type { Component } from '../runtime/index.ts';
import type { LokiLogSettings } from './config/index.ts';
import type { Service } from './service.ts';

/**
 * The program's own log to Loki, if the settings ask for that. Made before anything is logged, and stopped
 * after all that logs.
 * @param instance what the processes of many hosts are told apart by
 */
export function wireProcessLog(
  settings: LokiLogSettings | undefined,
  serviceName: `weir-${string}`,
  service: Service,
  instance = hostname(),
): Component[] {
  return settings === undefined ? [] : [new ProcessLog({ ...settings, serviceName, instance }, service)];
}
