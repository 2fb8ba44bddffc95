// The part of three.js that the workbench uses; `tools/web/build` makes static/vendor/three.js of it.
export {
  BufferAttribute, BufferGeometry, Color, DataTexture, DoubleSide, DynamicDrawUsage, FloatType, GLSL3, Group,
  InstancedBufferAttribute, InstancedBufferGeometry, Line, LineLoop, LineSegments, LinearFilter, Matrix3, Matrix4, Mesh,
  IntType, NearestFilter, NormalBlending, OrthographicCamera, PerspectiveCamera, Points, Quaternion, RawShaderMaterial, RedFormat,
  RedIntegerFormat, RGBAFormat, RGIntegerFormat, Scene, ShaderMaterial, UnsignedByteType, UnsignedIntType, UnsignedShortType, Vector2,
  Vector3, Vector4, WebGLRenderer, WebGLRenderTarget,
} from "three";
