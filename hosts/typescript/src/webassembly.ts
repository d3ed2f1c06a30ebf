// For programs that are compiled without TypeScript's library "DOM", as many for Node are:
// only that has the types of WebAssembly. Where they are there, this adds nothing.

declare global {
  namespace WebAssembly {
    interface Module {}
    interface Instance {}
    interface Global {}
  }
}

export {};
