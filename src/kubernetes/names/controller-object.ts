import { type Controller, controllerOf, objectIn, textIn } from './object-reader.ts';

/** What Weir keeps of a ReplicaSet or a Job: who made it. */
export interface ControllerObject {
  readonly uid: string;
  readonly controller: Controller | undefined;
}

/** Undefined when it has no UID. Needs no more than the object's metadata. */
export function slimController(object: unknown): ControllerObject | undefined {
  const uid = textIn(objectIn(object, 'metadata'), 'uid');
  return uid === '' ? undefined : { uid, controller: controllerOf(object) };
}
