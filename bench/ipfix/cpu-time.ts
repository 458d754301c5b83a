/** CPU milliseconds that the work took in this process: on a busy machine steadier than the clock on the wall. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
