import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FileComplaint, readCredentials } from '../../src/http/index.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const complaint: FileComplaint = {
  code: 'WEIR_OTLP_FILE',
  purpose: 'the test',
  section: 'weir.test',
};

describe('credentials', () => {
  it('are headers, one on each line, and the authorities as in their file', async () => {
    using directory = new TemporaryDirectory();
    const [headersFile, caFile] = [directory.file('headers'), directory.file('ca.pem')];
    writeFileSync(headersFile, '# who we are\n\nAuthorization: Bearer one\r\n X-Scope-OrgID:a: b \n');
    writeFileSync(caFile, 'PEM\n');
    expect(await readCredentials({ headersFile, caFile }, complaint)).toEqual({
      headers: { authorization: 'Bearer one', 'x-scope-orgid': 'a: b' },
      authorities: 'PEM\n',
    });
  });

  it('are none without files', async () => {
    expect(await readCredentials({}, complaint)).toEqual({ headers: {}, authorities: undefined });
  });

  it('name the options to correct when a file cannot be read', async () => {
    using directory = new TemporaryDirectory();
    const caFile = directory.file('none');
    await expect(readCredentials({ caFile }, complaint)).rejects.toMatchObject({
      code: 'WEIR_OTLP_FILE',
      message: expect.stringMatching(`^a file for the test cannot be read: .*${caFile}`),
      remedy: 'Correct the path (weir.test), or let this process read the file.',
    });
  });

  it('name the line that is no header', async () => {
    using directory = new TemporaryDirectory();
    const headersFile = directory.file('headers');
    writeFileSync(headersFile, 'a: b\nBearer token\n');
    await expect(readCredentials({ headersFile }, complaint)).rejects.toMatchObject({
      code: 'WEIR_OTLP_FILE',
      message: `${headersFile}, line 2: expected "name: value"`,
    });
  });
});
