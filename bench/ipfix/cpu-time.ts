/** CPU milliseconds of the work in this process: on a busy machine steadier than wall time. */
export function cpuMsOf(work: () => void): number;
export function cpuMsOf(work: () => Promise<void>): Promise<number>;
export function cpuMsOf(work: () => void | Promise<void>): number | Promise<number> {
  const before = process.cpuUsage();
  const cpuMsTaken = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const working = work();
  return working instanceof Promise ? working.then(cpuMsTaken) : cpuMsTaken();
}
