import { type Account, describeError, type Log, printableText } from '../../runtime/index.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { ObjectRoom } from './object-room.ts';
import { identityOf, type ReflectedKind } from './reflected-kind.ts';
import { ReflectionFault } from './reflection-fault.ts';
import type { ReflectorHandler } from './reflector-handler.ts';

export interface ReflectionParts<T> {
  /** In the log. */
  readonly name: string;
  readonly handler: ReflectorHandler<T>;
  readonly log: Log;
  readonly account: Account;
}

/**
 * What has come of a kind: it goes to the handler, and is counted. All that exists is collected aside, and
 * replaces what the handler knows once it is complete.
 */
export class Reflection<T> {
  readonly #kind: ReflectedKind<T>;
  readonly #parts: ReflectionParts<T>;
  #version: string | undefined;
  /** By identity. */
  #collected: Map<string, T> | undefined;
  #collectedObjects = 0;
  /** Of what is collected, and of what the handler knows. */
  #collectedRoom: ObjectRoom<T>;
  #room: ObjectRoom<T>;

  constructor(kind: ReflectedKind<T>, parts: ReflectionParts<T>) {
    this.#kind = kind;
    this.#parts = parts;
    this.#room = new ObjectRoom(kind.bound);
    this.#collectedRoom = this.#room;
  }

  /** Up to which the handler knows everything. Undefined: it needs all that exists. */
  get version(): string | undefined {
    return this.#version;
  }

  get isCollecting(): boolean {
    return this.#collected !== undefined;
  }

  /** Objects that came and are aside. */
  get collectedObjects(): number {
    return this.#collectedObjects;
  }

  /** Objects without room, of the last full list and since. */
  get leftOut(): number {
    return this.#room.leftOut;
  }

  /** Whether a new list would show an object that is kept no longer, or never was, for lack of room. */
  get hasRoomAgain(): boolean {
    return !this.isCollecting && this.#room.hasRoomAgain;
  }

  /** From here on until `complete`, objects are collected aside. */
  collect(): void {
    this.discard();
    this.#collected = new Map();
    this.#collectedRoom = new ObjectRoom(this.#kind.bound);
  }

  /** All that exists has come. @throws {ReflectionFault} */
  complete(version: string): void {
    const items = this.#collected!;
    const { handler } = this.#parts;
    this.#tellHandler(() => handler.replace(items.values()));
    if (this.#collectedRoom.leftOut > 0) this.#tellHandler(() => handler.lack?.());
    this.#parts.account.sent += items.size;
    this.#parts.account.drop('superseded', this.#collectedObjects - items.size);
    this.#collected = undefined;
    this.#collectedObjects = 0;
    this.#room = this.#collectedRoom;
    this.#version = version;
  }

  /** What was collected is not complete. The handler has heard nothing of it. */
  discard(): void {
    this.#parts.account.drop('list not complete', this.#collectedObjects);
    this.#collected = undefined;
    this.#collectedObjects = 0;
    this.#collectedRoom = this.#room;
  }

  forgetVersion(): void {
    this.#version = undefined;
  }

  /** An object of a list, or one that a watch shows. Initial events come in any order of versions. */
  takeObject(object: KubernetesObject, isDeleted = false): void {
    this.#parts.account.received++;
    const item = this.#slim(object);
    if (this.#collected !== undefined) this.#takeAside(object, item, isDeleted);
    else if (item !== undefined) this.#takeChange(identityOf(object), item.value, isDeleted);
    this.advance(object);
  }

  /** One that is too large to be read. */
  takeTooLarge(begin: string): void {
    const { account, log, name } = this.#parts;
    account.received++;
    account.drop('object too large');
    log.limited(name, 'object too large', `an object is too large to be read: ${printableText(begin)}`);
  }

  /** The handler knows everything up to the version of this object. */
  advance({ metadata: { resourceVersion } }: KubernetesObject): void {
    if (this.#collected === undefined && resourceVersion) this.#version = resourceVersion;
  }

  #takeAside(object: KubernetesObject, item: { value: T } | undefined, isDeleted: boolean): void {
    if (item === undefined) return;
    const identity = identityOf(object);
    if (!isDeleted && !this.#collectedRoom.take(identity, item.value)) {
      this.#collected!.delete(identity);
      this.#leaveOut();
      return;
    }
    this.#collectedObjects++;
    if (!isDeleted) {
      this.#collected!.set(identity, item.value);
      return;
    }
    this.#collected!.delete(identity);
    this.#collectedRoom.free(identity);
  }

  /** The handler forgets an object whose new state finds no room. */
  #takeChange(identity: string, item: T, isDeleted: boolean): void {
    const { account, handler } = this.#parts;
    const wasKept = this.#room.has(identity);
    if (isDeleted) this.#room.free(identity);
    else if (!this.#room.take(identity, item)) {
      this.#leaveOut();
      this.#tellHandler(() => handler.lack?.());
      if (wasKept) this.#tellHandler(() => handler.remove(item));
      return;
    }
    account.sent++;
    this.#tellHandler(() => (isDeleted ? handler.remove(item) : handler.upsert(item)));
  }

  #leaveOut(): void {
    const { account, log, name } = this.#parts;
    account.drop('no room');
    log.limited(name, 'no room', () => {
      const megabytes = Math.round(this.#kind.bound!.maxOctets / 2 ** 20);
      return `objects are left out: all together need more than the ${megabytes} MiB that they may take`;
    });
  }

  /** Undefined for an object that is not as expected. The others go on. */
  #slim(object: KubernetesObject): { value: T } | undefined {
    const { account, log, name } = this.#parts;
    try {
      return { value: this.#kind.slim(object) };
    } catch (error) {
      account.drop('object unreadable');
      const { namespace, name: its } = object.metadata;
      log.limited(
        name,
        'object unreadable',
        () => `${namespace}/${its} cannot be read: ${describeError(error)}`,
      );
      return undefined;
    }
  }

  #tellHandler(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      throw new ReflectionFault('handler failed', `what came could not be stored: ${describeError(cause)}`, {
        cause,
      });
    }
  }
}
