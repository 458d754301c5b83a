import { TrackingTable } from '../../src/exporter/conntrack/index.ts';

/*
 * A process that turns connection tracking on until it ends. With the argument "unowned" it works as on
 * kernels before 5.12.
 */

const table = new TrackingTable(process.argv[2] !== 'unowned');
console.log(table.ensure());
setInterval(() => {}, 1_000);
