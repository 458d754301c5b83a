#!/usr/bin/env node
// For those who start Weir by `node bin/weir.js`: replaces this process by bin/weir, whichever Node this is.
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('weir', import.meta.url));
const words = [launcher, ...process.argv.slice(2)];

if (typeof process.execve === 'function') process.execve(launcher, words, process.env);

// Node has execve from 22.15 on. Before, the C library does it, once the standard streams may stay open: Node has them closed on exec.
const { default: koffi } = await import('koffi');
const c = koffi.load(null);
const fcntl = c.func('int fcntl(int descriptor, int command, ...)');
const execv = c.func('int execv(const char *path, const char **words)');
const F_SETFD = 2;
for (const descriptor of [0, 1, 2]) fcntl(descriptor, F_SETFD, 'int', 0);
execv(launcher, [...words, null]);
process.stderr.write(`weir: cannot run ${launcher}\n`);
process.exit(1);
