/**
 * What comes before a command so that it alone sees a disk of some size, such as "8m", below a folder;
 * nothing where no size is given. Needs to be root.
 */
export function onOwnDisk(directory: string, size: string | undefined): string[] {
  if (size === undefined) return [];
  const mounted =
    'mkdir -p "$2" && mount -t tmpfs -o "size=$1,mode=0755" weir-test "$2" && shift 2 && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', mounted, 'sh', size, directory];
}
