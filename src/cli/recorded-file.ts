import { WeirError } from '../runtime/index.ts';
import { type Captured, readIpfixFile } from './capture/index.ts';

/**
 * The messages of a file that the command line names; `-` is standard input.
 * @param stop after which standard input need not end
 * @throws {WeirError} WEIR_FILE_UNREADABLE
 */
export async function* readRecordedFile(file: string, stop?: Promise<void>): AsyncGenerator<Captured> {
  let isStopped = false;
  stop?.then(() => {
    isStopped = true;
    if (file === '-') process.stdin.destroy();
  });
  try {
    yield* readIpfixFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isStopped) return;
    if (code === undefined) throw error;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(error);
    throw new WeirError('WEIR_FILE_UNREADABLE', `${file}: ${reason}`, { cause: error });
  }
}
