// One call of a message: the method with its parameters, and what its receipt will say.

/** A call that writes something. `part` is the index of the part that it carries. */
export function piece(part, method, parameters, degraded = [], attributes = []) {
  return { part, method, parameters, degraded, attributes, writes: true };
}

/** A call that writes nothing: made twice, it does no more than once. */
export function signal(part, method, parameters) {
  return { ...piece(part, method, parameters), writes: false };
}
