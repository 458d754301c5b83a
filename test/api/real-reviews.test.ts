import { expect, it } from 'vitest';
import { batchOf, FlowFilter, noCondition, rowsIn } from '../../src/flow/index.ts';
import { startKubernetes } from '../support/kubernetes.ts';
import { guardOf, makeReader, makeReaderRole } from '../support/real-readers.ts';
import { requires } from '../support/requires.ts';

const flow = {
  ...{ sourceIP: '10.0.0.1', sourcePodNamespace: 'shop', sourcePodName: 'cart' },
  ...{ destinationIP: '10.0.1.2', destinationPodNamespace: 'bank', destinationPodName: 'ledger' },
};

requires('kubernetes', 'openssl')('reviews by a real API server', () => {
  it('show three readers exactly what is theirs, and refuse a token for others', async () => {
    await using kubernetes = await startKubernetes();
    await makeReaderRole(kubernetes);
    const readers = {
      shop: await makeReader(kubernetes, 'shop', 'weir-flow-reader'),
      bank: await makeReader(kubernetes, 'bank', 'weir-flow-reader'),
      dev: await makeReader(kubernetes, 'dev', undefined),
    };
    const guard = guardOf(kubernetes, kubernetes.tokenOf('admin'));
    const seenWith = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const scope = await guard.scopeOf({ url: '/flows', headers, socket: {} } as never, 'list');
      const view = await scope.view(batchOf([flow]));
      return [...view.batch].filter((_, row) => rowsIn(view, new FlowFilter(noCondition))(row));
    };
    const { sourceIP, sourcePodNamespace, sourcePodName, ...destination } = flow;
    const source = { sourceIP, sourcePodNamespace, sourcePodName };
    expect(await seenWith(await readers.shop('weir'))).toEqual([source]);
    expect(await seenWith(await readers.bank('weir'))).toEqual([destination]);
    expect(await seenWith(await readers.dev('weir'))).toEqual([]);
    await expect(seenWith(await readers.shop('elsewhere'))).rejects.toMatchObject({ status: 401 });
    await expect(seenWith('no-token-of-anybody')).rejects.toMatchObject({ status: 401 });
    const powerless = guardOf(kubernetes, await readers.dev('https://kubernetes.default.svc'));
    const headers = { authorization: `Bearer ${await readers.shop('weir')}` };
    await expect(
      powerless.scopeOf({ url: '/flows?namespace=shop', headers, socket: {} } as never, 'list'),
    ).rejects.toThrow(/cannot be checked now/);
  });
});
