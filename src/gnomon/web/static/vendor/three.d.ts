export * from "three"; // of @types/three: tools/web/check needs it
