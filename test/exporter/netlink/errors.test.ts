import { describe, expect, it } from 'vitest';
import { NetlinkError } from '../../../src/exporter/netlink/index.ts';
import { describeError, WeirError } from '../../../src/runtime/index.ts';

describe('NetlinkError', () => {
  it('names the call, the errno and the command that corrects it', () => {
    const error = NetlinkError.fromErrno('bind(AF_NETLINK)', 1);
    expect(error).toBeInstanceOf(WeirError);
    expect([error.code, error.errno]).toEqual(['WEIR_NETLINK_NOT_PERMITTED', 'EPERM']);
    expect(describeError(error)).toMatch(/^bind\(AF_NETLINK\) failed: EPERM\n.*CAP_NET_ADMIN.*`setcap /s);
  });

  it("keeps the kernel's own words", () => {
    expect(NetlinkError.fromErrno('adding a table', 17, 'it is there').message).toBe(
      'adding a table failed: EEXIST, "it is there"',
    );
  });

  it('stays the same when a worker throws it', () => {
    const error = NetlinkError.fromErrno('recv', 1);
    const arrived = new NetlinkError(structuredClone(error.fields));
    expect(arrived.fields).toEqual(error.fields);
  });

  it('shows an errno without a name as a number', () => {
    expect(NetlinkError.fromErrno('recv', 4_095).message).toBe('recv failed: errno 4095');
  });
});
