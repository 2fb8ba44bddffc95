"""Which reciprocal lattice points cross the Ewald sphere during a rotation."""

from __future__ import annotations

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def sphere_crossings(A, s0, axis, d_star_max, centring, low, high):
    """Crossings of the Ewald sphere by the lattice points within ``d_star_max`` while it turns from low to high.

    A: (3, 3) columns a*, b*, c* at angle 0, 1/Å; s0: (3,) and axis: (3,) unit, in the same frame; centring: (m, 3)
    int, centring vectors in 24ths: indices that they extinguish are left out; low, high: rad.
    Returns hkl (N, 3) int32, entering (N,) bool and the angles (N,), rad, in order of h, k, l.
    """
    G = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            G[i, j] = A[0, i] * A[0, j] + A[1, i] * A[1, j] + A[2, i] * A[2, j]
    volume_2 = (
        G[0, 0] * (G[1, 1] * G[2, 2] - G[1, 2] ** 2)
        - G[0, 1] * (G[0, 1] * G[2, 2] - G[1, 2] * G[0, 2])
        + G[0, 2] * (G[0, 1] * G[1, 2] - G[1, 1] * G[0, 2])
    )
    limit, turn = d_star_max * d_star_max, 2 * np.pi
    h_max = int(d_star_max * np.sqrt((G[1, 1] * G[2, 2] - G[1, 2] ** 2) / volume_2))
    k_max = int(d_star_max * np.sqrt((G[0, 0] * G[2, 2] - G[0, 2] ** 2) / volume_2))
    s_axis = s0[0] * axis[0] + s0[1] * axis[1] + s0[2] * axis[2]
    hkl, angle, enters = np.empty((4096, 3), np.int32), np.empty(4096), np.empty(4096, np.bool_)
    n = 0
    for h in range(-h_max, h_max + 1):
        for k in range(-k_max, k_max + 1):
            half = (G[0, 2] * h + G[1, 2] * k) / G[2, 2]
            rest = (G[0, 0] * h * h + 2 * G[0, 1] * h * k + G[1, 1] * k * k - limit) / G[2, 2]
            if half * half < rest:
                continue
            root = np.sqrt(half * half - rest)
            for l in range(int(np.ceil(-half - root)), int(np.floor(-half + root)) + 1):
                absent = h == 0 and k == 0 and l == 0
                for m in range(len(centring)):
                    absent |= (h * centring[m, 0] + k * centring[m, 1] + l * centring[m, 2]) % 24 != 0
                if absent:
                    continue
                x = A[0, 0] * h + A[0, 1] * k + A[0, 2] * l
                y = A[1, 0] * h + A[1, 1] * k + A[1, 2] * l
                z = A[2, 0] * h + A[2, 1] * k + A[2, 2] * l
                along = x * axis[0] + y * axis[1] + z * axis[2]
                u = s0[0] * x + s0[1] * y + s0[2] * z - s_axis * along
                v = s0[0] * (axis[1] * z - axis[2] * y) + s0[1] * (axis[2] * x - axis[0] * z)
                v += s0[2] * (axis[0] * y - axis[1] * x)
                c = -0.5 * (x * x + y * y + z * z) - s_axis * along
                if c * c > u * u + v * v:
                    continue
                middle, opening = np.arctan2(v, u), np.arccos(c / np.sqrt(u * u + v * v))
                for entering in (True, False):
                    phi = middle + opening if entering else middle - opening
                    phi += turn * np.ceil((low - phi) / turn)
                    while phi <= high:
                        if n == len(angle):
                            hkl = np.concatenate((hkl, np.empty_like(hkl)))
                            angle = np.concatenate((angle, np.empty_like(angle)))
                            enters = np.concatenate((enters, np.empty_like(enters)))
                        hkl[n, 0], hkl[n, 1], hkl[n, 2] = h, k, l
                        angle[n], enters[n] = phi, entering
                        n += 1
                        phi += turn
    return hkl[:n].copy(), enters[:n].copy(), angle[:n].copy()
