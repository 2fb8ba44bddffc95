/** What draws: a GPU, or the processor in its place. */

/** @type {boolean | null} */
let software = null;

/** Whether there is no GPU: what is smooth or is sent to it piece by piece then takes most of the time of a frame. */
export function drawsInSoftware() {
  if (software !== null) return software;
  const gl = document.createElement("canvas").getContext("webgl2"), names = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl && names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return (software = /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name));
}
