#!/usr/bin/env node
// Starts Weir under the Node it is pinned to, whichever Node was asked to run this file.
// The pinned one comes as a platform package (an optional dependency); without it the
// current Node is used if it is new enough to run TypeScript as it is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from './node-flags.js';

const source = new URL('../src/cli/main.ts', import.meta.url);
const isCheckout = existsSync(source);
const program = fileURLToPath(isCheckout ? source : new URL('../dist/cli/main.js', import.meta.url));

function pinnedNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

const node = pinnedNode() ?? process.execPath;
if (node === process.execPath && Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `weir: needs Node 24; this is ${process.version}, and the package node-${process.platform}-${process.arch} that brings it is not installed.\n` +
      'Run "npm ci" without --omit=optional, or start weir with Node 24 or later.\n',
  );
  process.exit(2);
}

// In a checkout Node strips the types of each module, in each worker thread again, unless it keeps what it
// made. The folder belongs to whoever can change the programs beside it anyway.
const env = { ...process.env };
if (isCheckout)
  env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/weir', import.meta.url));

const args = [...nodeFlags, program, ...process.argv.slice(2)];
if (typeof process.execve === 'function') process.execve(node, ['node', ...args], env);

const child = spawn(node, args, { stdio: 'inherit', env });
// The child decides what a signal means; a terminal's Ctrl-C has reached it already.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (status, signal) => {
  process.exit(signal === null ? status : 128 + constants.signals[signal]);
});
