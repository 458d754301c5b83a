import { hostname } from 'node:os';
import { type LokiLogSettings, ProcessLog } from '../logs/process-log/index.ts';
import type { Component } from '../runtime/index.ts';
import type { Service } from './service.ts';

/**
 * Sends the program's own log to Loki, if the settings require it. Made before anything is logged, and
 * stopped after everything that logs.
 * @param instance distinguishes the processes of many hosts
 */
export function wireProcessLog(
  settings: LokiLogSettings | undefined,
  serviceName: `weir-${string}`,
  service: Service,
  instance = hostname(),
): Component[] {
  return settings === undefined ? [] : [new ProcessLog({ ...settings, serviceName, instance }, service)];
}
