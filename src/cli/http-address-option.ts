import { InvalidArgumentError } from 'commander';
import { type HttpAddress, readHttpAddress } from '../http/index.ts';

/** Reads where a command answers over HTTP. */
export function httpAddress(text: string): HttpAddress {
  const address = readHttpAddress(text);
  if (address === undefined) {
    throw new InvalidArgumentError(
      'expected a loopback address such as 127.0.0.1:10349, or a socket such as unix:/run/weir/http.sock',
    );
  }
  return address;
}
