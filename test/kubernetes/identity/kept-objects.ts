import { newAuthorityPair, newLeafPair, type PemPair } from '../../../src/certificates/index.ts';
import {
  dataKeys,
  type IdentityData,
  type IdentityObject,
  type IdentityRole,
  type IdentityStore,
} from '../../../src/kubernetes/identity/index.ts';

export type Operation = `${'read' | 'write'} ${IdentityRole}`;

/** The objects of a namespace in memory, with versions as an API server gives them. */
export class KeptObjects {
  readonly objects = new Map<IdentityRole, IdentityObject & { readonly origin: number }>();
  readonly writes: IdentityRole[] = [];
  /** The API server's clock, in milliseconds since 1970; undefined: it notes no times. */
  nowMs: (() => number) | undefined;
  readonly #watchers = new Set<() => void>();
  #version = 0;

  /** @param before each operation; what it throws is the answer */
  store(before: (operation: Operation) => void | Promise<void> = () => {}): IdentityStore {
    return {
      namespace: 'weir',
      read: async (role) => {
        await before(`read ${role}`);
        return this.objects.get(role);
      },
      write: async (role, data, earlier) => {
        await before(`write ${role}`);
        return this.write(role, data, earlier);
      },
      watch: (_, changed) => {
        this.#watchers.add(changed);
        return () => this.#watchers.delete(changed);
      },
    };
  }

  write(role: IdentityRole, data: IdentityData, earlier: IdentityObject | undefined): boolean {
    if (this.objects.get(role)?.origin !== earlier?.origin) return false;
    this.put(role, data);
    this.writes.push(role);
    return true;
  }

  /** As somebody else would. */
  put(role: IdentityRole, data: IdentityData, isOwn = true): void {
    this.objects.set(role, { data, isOwn, writtenMs: this.nowMs?.(), origin: ++this.#version });
  }

  text(role: IdentityRole, key: keyof typeof dataKeys): string {
    return this.objects.get(role)?.data[dataKeys[key]] ?? '';
  }

  /** Tells watchers that something has changed. */
  tell(): void {
    for (const changed of this.#watchers) changed();
  }
}

/** An authority, and objects by it, that some other program made. */
export async function foreignObjects(
  now: number,
  days = 365,
): Promise<{ authority: PemPair; client: PemPair }> {
  const authority = await newAuthorityPair(now, days);
  return { authority, client: await newLeafPair(authority, { role: 'agent', names: ['agent'], days }, now) };
}

export const pairData = ({ certificate, key }: PemPair): IdentityData => ({
  [dataKeys.certificate]: certificate,
  [dataKeys.key]: key,
});
