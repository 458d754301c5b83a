import { beforeEach, describe, expect, it } from 'vitest';
import { sourceOf } from '../../../src/api/access/stranger-budget.ts';
import { AccessReviewer, AUDIENCE, ReviewDesk, ReviewError, TokenReviewer } from '../../../src/api/index.ts';
import { Ledger, Log } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';
import { FakeReviews } from '../fake-reviews.ts';

const SOURCE = '192.0.2.1';

let clock: FakeClock;
let api: FakeReviews;
let ledger: Ledger;
let lines: string[];
let tokens: TokenReviewer;
let access: AccessReviewer;

beforeEach(() => {
  clock = new FakeClock();
  api = new FakeReviews();
  ledger = new Ledger();
  lines = [];
  const desk = new ReviewDesk({ api, clock, ledger, log: new Log(clock, (line) => lines.push(line)) });
  tokens = new TokenReviewer(desk, AUDIENCE);
  access = new AccessReviewer(desk);
  api.users.set('good', { username: 'ada', groups: ['dev'] });
});

const ada = { name: 'ada', groups: ['dev'] };
const list = (namespace: string | undefined) => ({
  verb: 'list',
  group: 'weir.dev',
  resource: 'flows',
  namespace,
});
const account = () => ledger.accounts[0]!.toJSON();

describe('a token', () => {
  it('is reviewed for our audience, and says who holds it', async () => {
    expect(await tokens.authenticate('good', SOURCE)).toMatchObject(ada);
    expect(api.asked).toEqual([
      {
        kind: 'TokenReview',
        spec: { token: 'good', audiences: ['weir'] },
      },
    ]);
    expect(account()).toMatchObject({ name: 'access', received: 1, sent: 1, held: 0, closed: true });
  });

  it.each([
    ['for the API server', ['https://kubernetes.default.svc']],
    ['of a server that knows no audiences', undefined],
    ['for nobody', []],
  ])('%s is refused', async (_, audiences) => {
    api.users.set('other', { username: 'ada', audiences });
    expect(await tokens.authenticate('other', SOURCE)).toEqual({
      refusal: expect.stringContaining('audience "weir"'),
    });
  });

  it('that nobody holds is refused', async () => {
    expect(await tokens.authenticate('unknown', SOURCE)).toEqual({
      refusal: expect.stringContaining('expired'),
    });
  });

  it('is reviewed once a minute, and a refused one again after ten seconds', async () => {
    const ask = async () => {
      await tokens.authenticate('good', SOURCE);
      await tokens.authenticate('unknown', SOURCE);
    };
    await ask();
    await ask();
    expect(api.reviews).toBe(2);
    clock.advance(10_001);
    await ask();
    expect(api.reviews).toBe(3);
    clock.advance(50_000);
    await ask();
    expect(api.reviews).toBe(5);
  });

  it('that many show at once is reviewed once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => tokens.authenticate('good', SOURCE)));
    expect(api.reviews).toBe(1);
    expect(all).toHaveLength(50);
  });

  it('whose holder is not named is no holder', async () => {
    for (const user of [
      undefined,
      {},
      { username: '' },
      { username: 'a', groups: 'dev' },
      { username: 'a', extra: 3 },
    ]) {
      api.fault = { status: 201, body: { status: { authenticated: true, audiences: ['weir'], user } } };
      await expect(tokens.authenticate(JSON.stringify(user) ?? '', SOURCE)).rejects.toThrow(ReviewError);
    }
  });

  it('whose holder has endless groups is no holder', async () => {
    const groups = Array.from({ length: 5_000 }, (_, n) => `group-${n}`);
    api.users.set('endless', { username: 'ada', groups });
    await expect(tokens.authenticate('endless', SOURCE)).rejects.toThrow('32768 octets');
  });
});

describe('an error of the API server', () => {
  it.each([
    ['no answer', new Error('connect ECONNREFUSED'), 'no answer: connect ECONNREFUSED'],
    ['status 500', { status: 500 }, 'status 500'],
    ['status 429', { status: 429 }, 'status 429'],
    ['half an answer', { status: 201, body: {} }, 'status 201'],
    ['its 401', { status: 401 }, "this aggregator's own credentials"],
    ['its 403', { status: 403 }, 'system:auth-delegator'],
  ])('(%s) is no denial, is not kept, and is logged and counted', async (_, fault, message) => {
    api.fault = fault;
    await expect(tokens.authenticate('good', SOURCE)).rejects.toThrow(message);
    await expect(access.isAllowed(ada, list('shop'))).rejects.toThrow(ReviewError);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(message);
    expect(account()).toMatchObject({ received: 2, dropped: { 'API server': 2 }, closed: true });

    api.fault = undefined;
    api.grants.set('ada', ['list flows shop']);
    expect(await tokens.authenticate('good', SOURCE)).toMatchObject(ada);
    expect(await access.isAllowed(ada, list('shop'))).toBe(true);
  });

  it('that never comes ends after ten seconds', async () => {
    api.gate = new Promise(() => {});
    const refused = expect(tokens.authenticate('good', SOURCE)).rejects.toThrow('no answer within 10 s');
    await until('the question', () => api.reviews === 1);
    clock.advance(10_000);
    await refused;
  });
});

describe('a right', () => {
  it('is reviewed with all that is known of its holder', async () => {
    api.grants.set('ada', ['list flows shop']);
    const caller = { ...ada, uid: '7', extra: { scope: ['a'] } };
    expect(await access.isAllowed(caller, list('shop'))).toBe(true);
    expect(await access.isAllowed(caller, list(undefined))).toBe(false);
    expect(await access.isAllowed(caller, { verb: 'get', path: '/metrics' })).toBe(false);
    const who = { user: 'ada', uid: '7', groups: ['dev'], extra: { scope: ['a'] } };
    const flows = { verb: 'list', group: 'weir.dev', resource: 'flows' };
    expect(api.asked.map(({ spec }) => spec)).toEqual([
      { ...who, resourceAttributes: { ...flows, namespace: 'shop' } },
      { ...who, resourceAttributes: { ...flows, namespace: '' } },
      { ...who, nonResourceAttributes: { verb: 'get', path: '/metrics' } },
    ]);
  });

  it('is kept for each holder and action apart, a denial for a shorter time', async () => {
    api.grants.set('ada', ['list flows shop']);
    const ask = async () => {
      expect(await access.isAllowed(ada, list('shop'))).toBe(true);
      expect(await access.isAllowed(ada, list('bank'))).toBe(false);
      expect(await access.isAllowed({ ...ada, groups: [] }, list('bank'))).toBe(false);
    };
    await ask();
    await ask();
    expect(api.reviews).toBe(3);
    clock.advance(10_001);
    await ask();
    expect(api.reviews).toBe(5);
    clock.advance(50_000);
    await ask();
    expect(api.reviews).toBe(8);
  });

  it('that a failing authorizer denies is asked for again', async () => {
    const body = { status: { allowed: false, evaluationError: 'webhook: timeout' } };
    api.fault = { status: 201, body };
    expect(await access.isAllowed(ada, list('shop'))).toBe(false);
    expect(await access.isAllowed(ada, list('shop'))).toBe(false);
    expect(api.reviews).toBe(2);
  });

  it('that one authorizer allows and another denies is denied', async () => {
    api.fault = { status: 201, body: { status: { allowed: true, denied: true } } };
    expect(await access.isAllowed(ada, list('shop'))).toBe(false);
  });
});

describe('tokens that nobody holds', () => {
  const strangers = (count: number, source = SOURCE) =>
    Promise.allSettled(Array.from({ length: count }, () => tokens.authenticate(`${Math.random()}`, source)));
  const refusedOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
    outcomes.filter(({ status }) => status === 'rejected').length;

  it('have eight places of a source, so that those of another source are asked about at once', async () => {
    let open = () => {};
    api.gate = new Promise((resolve) => {
      open = resolve;
    });
    const flood = strangers(2_000);
    await until('the first questions', () => api.reviews === 8);
    const valid = tokens.authenticate('good', '192.0.2.2');
    await until('the question of another source', () => api.asked.at(-1)!.spec.token === 'good');
    expect(account()).toMatchObject({ dropped: { 'too many of one': 1_992 }, held: 9, closed: true });
    open();
    expect(await valid).toMatchObject(ada);
    expect(refusedOf(await flood)).toBe(1_992);
    expect(ledger.accounts[0]!.totalLost).toBe(0);
    expect(lines[0]).toContain('192.0.2.1: 8 questions (TokenReview) wait already');
    expect(lines.length).toBeLessThan(10);
  });

  const jwt = (claims: object) =>
    ['{"alg":"RS256"}', JSON.stringify(claims), `${Math.random()}`]
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
  const issuer = { iss: 'https://kubernetes.default.svc' };
  const bob = { ...issuer, sub: 'system:serviceaccount:shop:bob' };
  const boundTo = (uid: string) => ({ ...bob, 'kubernetes.io': { serviceaccount: { name: 'bob', uid } } });
  /** How many of so many tokens, shown one after the other, are asked about. */
  const askedOf = async (count: number, token: () => string) => {
    const before = api.reviews;
    for (let n = 0; n < count; n++) await tokens.authenticate(token(), SOURCE).catch(() => {});
    return api.reviews - before;
  };
  const opaque = () => `static${Math.random()}`;

  it.each([
    ['one holder', () => jwt(bob)],
    ['one prefix', opaque],
  ])('are asked about twenty times for a source and %s, then once a second', async (_, token) => {
    expect(await askedOf(30, token)).toBe(20);
    expect(await askedOf(30, token)).toBe(0);
    await expect(tokens.authenticate(token(), SOURCE)).rejects.toThrow(
      '192.0.2.1: too many tokens that nobody holds',
    );
    clock.advance(5_000);
    expect(await askedOf(30, token)).toBe(5);
    clock.advance(60_000);
    expect(await askedOf(30, token)).toBe(20);
  });

  it('are asked about a hundred times for a source and all claims, then five times a second', async () => {
    const token = () => jwt({ ...issuer, sub: `${Math.random()}` });
    expect(await askedOf(120, token)).toBe(100);
    clock.advance(2_000);
    expect(await askedOf(120, token)).toBe(10);
  });

  it('keep out nobody who shows a token for the first time, when they come once a second', async () => {
    const guesses = [opaque, () => jwt(bob), () => jwt({ ...issuer, sub: `${Math.random()}` })];
    for (const [n, guess] of guesses.entries()) {
      for (let second = 0; second < 200; second++) {
        await askedOf(1, guess);
        clock.advance(1_000);
      }
      for (const token of [`first-${n}`, jwt({ ...issuer, sub: `first ${n}` })]) {
        api.users.set(token, { username: 'ada' });
        expect(await tokens.authenticate(token, SOURCE)).toMatchObject({ name: 'ada' });
      }
    }
  });

  it('keep out nobody who is known and has renewed the token', async () => {
    for (const uid of ['71c6', '71c6']) {
      const token = jwt(boundTo(uid));
      api.users.set(token, { username: 'bob' });
      expect(await tokens.authenticate(token, SOURCE)).toMatchObject({ name: 'bob' });
      expect(await askedOf(200, () => jwt(bob))).toBe(20);
      expect(await askedOf(200, () => jwt({ ...issuer, sub: `${Math.random()}` }))).toBe(80);
      clock.advance(20_000);
    }
  });

  it('take no turns from those who are known', async () => {
    const [first, renewed] = [jwt(boundTo('71c6')), jwt(boundTo('71c6'))];
    for (const token of [first, renewed]) api.users.set(token, { username: 'bob' });
    await tokens.authenticate(first, SOURCE);
    let open = () => {};
    api.gate = new Promise((resolve) => {
      open = resolve;
    });
    const flood = strangers(20);
    const valid = tokens.authenticate(renewed, SOURCE);
    await until('the question', () => api.asked.at(-1)!.spec.token === renewed);
    open();
    expect(await valid).toMatchObject({ name: 'bob' });
    await flood;
  });

  it('that were accepted earlier are always asked about', async () => {
    await tokens.authenticate('good', SOURCE);
    await askedOf(200, () => `good${Math.random()}`);
    await askedOf(200, () => `${Math.random()}`);
    expect(await tokens.authenticate('good', SOURCE)).toMatchObject(ada);
    api.users.delete('good');
    clock.advance(60_001);
    expect(await tokens.authenticate('good', SOURCE)).toHaveProperty('refusal');
  });

  it('do not count when the API server does not answer', async () => {
    api.fault = { status: 500 };
    for (let n = 0; n < 40; n++) await strangers(1);
    api.fault = undefined;
    expect(await tokens.authenticate('good', SOURCE)).toMatchObject(ada);
  });
});

describe('the source of a request', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '20010db8:10002::/64'],
    ['2001:db8:1:2::9', '20010db8:10002::/64'],
    ['fe80::1%eth0', 'fe800000:0::/64'],
    ['::1', '::1'],
    [undefined, 'a socket'],
  ])('of %s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});

describe('many questions', () => {
  it('of one caller delay those of another by one turn', async () => {
    let open = () => {};
    api.gate = new Promise((resolve) => {
      open = resolve;
    });
    const many = Array.from({ length: 100 }, (_, n) => access.isAllowed(ada, list(`space-${n}`)));
    await until('the first questions', () => api.reviews === 16);
    const other = access.isAllowed({ name: 'bob', groups: [] }, list('shop'));
    open();
    await Promise.all([...many, other]);
    expect(api.asked.findIndex(({ spec }) => spec.user === 'bob')).toBe(17);
  });

  it('go to the API server sixteen at a time, and those beyond a thousand are refused', async () => {
    let open = () => {};
    api.gate = new Promise((resolve) => {
      open = resolve;
    });
    const asked = Array.from({ length: 1_100 }, (_, n) => tokens.authenticate(`token ${n}`, `source ${n}`));
    const settled = Promise.allSettled(asked);
    await until('the first questions', () => api.reviews === 16);
    expect(account()).toMatchObject({
      received: 1_100,
      held: 1_040,
      dropped: { 'too many': 60 },
      closed: true,
    });
    open();
    const outcomes = (await settled).map(({ status }) => status);
    expect(outcomes.filter((status) => status === 'rejected')).toHaveLength(60);
    expect(account()).toMatchObject({ sent: 1_040, held: 0, closed: true });
  });

  it('of strangers displace no answer about somebody known, and what is kept has a limit', async () => {
    await tokens.authenticate('good', SOURCE);
    for (let n = 0; n < 3_000; n++) await tokens.authenticate(`stranger ${n}`, `source ${n}`);
    const before = api.reviews;
    await tokens.authenticate('good', SOURCE);
    await tokens.authenticate('stranger 2999', SOURCE);
    expect(api.reviews).toBe(before);
    await tokens.authenticate('stranger 0', SOURCE);
    expect(api.reviews).toBe(before + 1);
  });
});
