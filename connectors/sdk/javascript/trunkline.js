// What a connector is written with in JavaScript: everything under one roof. README.md says how; each file has one subject.
export * from './calls.js';
export * from './event.js';
export * from './http.js';
export * from './json.js';
export * from './outbound.js';
export * from './signature.js';
export * from './split.js';
export * from './steps.js';
export * from './text.js';
