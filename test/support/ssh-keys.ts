/** Public keys made with ssh-keygen for these tests, their private halves thrown away, and what ssh-keygen -lf says of them. */
export const sshKeys = {
  ed25519: {
    type: 'ssh-ed25519',
    base64: 'AAAAC3NzaC1lZDI1NTE5AAAAIJEgxXqFUfnxy1qRW8ezpSEaakYS0vMirsCV3/UTn9GG',
    fingerprint: 'SHA256:gkN+2jEz0ykGZfRBj7twxIHkhxG9MQnkdTZIsakICZ8',
  },
  ecdsa256: {
    type: 'ecdsa-sha2-nistp256',
    base64:
      'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKUmYikvn40r6h+leXyxn198ypkeFMSrJmI1d7sGt/rZicfyEfzt1nQLH+szOA1eBC9CZdpS9d9F8sLwQ1VPD4Q=',
    fingerprint: 'SHA256:uJeVEsC3Lk+qIH8YFKjrfKuo/kl6DCyxzKWY+3td308',
  },
  ecdsa384: {
    type: 'ecdsa-sha2-nistp384',
    base64:
      'AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBPx3jlbJRYkpBbJP5w3sXb1Ii/LOTeAzQiMU1gGwvZ63Uxf5pveVuUv+tCuJWl4VOlgZlv1tewVIWGfOUSd8LyeqdlYPAtFMfLb0zbncAfPf8eqgqq6Rbpdx5i5N+DZPEA==',
    fingerprint: 'SHA256:BsFYVu/o5sOTmAh1Be1pJLZNG891yVZ2jLMGgmwCQ3c',
  },
  ecdsa521: {
    type: 'ecdsa-sha2-nistp521',
    base64:
      'AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAGRzKbqLOvNNLAGTKUbhHGCdpVbMoGD0ekLx/+DcdCZI1ChfD/UWI+38p4jBEHrfB+XN0vwowCzoXxHmHsd6r4C+QAIxbrGhsj9n2Sy2WqkitLpCHCho/dLbXZegZK4lZVOZyi1bku/7PB7ho4x8iqpH2Vh9NaWKqOp6oU+fl+D4TRYHw==',
    fingerprint: 'SHA256:B1vj3DB5PQEtEhm0uI59LoLYdNc5GYuVSqxxuwunDRI',
  },
  rsa: {
    type: 'ssh-rsa',
    base64:
      'AAAAB3NzaC1yc2EAAAADAQABAAABAQCvapsAEsHuxzBduPwtQUBS8igmNQ71Jf9Wq0zdFnCiOmSJejchVgR4xL+U9VuOqW0lFn6ZhuZOZeN1fAcA0a5uUR6OoODFk3apuu8DRS3VFFTlFFYKHFVL4PxmfVzWUhUj1eob8faQRN5L3+H1Jxd0/4SgGpOD45lWvNHwMs8a3qrED66C+/lbfx0dOxtrkrLywLfOPUvYLAdHw80zLnegCBXE85F7MU4KTZpuer/K6/cHNEAex2yLhjMTn3c6D6fTaa8eXGQVAT0nmJm6MVbsu7z9Edltr8A/12HGWZLJ8LaTlNI/4A++Q7Vi7MB1VvzI8cBrb6Ds8PWs2vtZ823j',
    fingerprint: 'SHA256:XYCnyJDltm03si2ShkdI+EQ4gfKcmVKDxHz846P1g8o',
  },
  ed25519Sk: {
    type: 'sk-ssh-ed25519@openssh.com',
    base64: 'AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIB/phe11DgAnFu5/QCeAWIgWzlOvXG0gf0GKg/P0cSOCAAAABHNzaDo=',
    fingerprint: 'SHA256:UTyvtL1BD3Q2BxNx1LbDtlwvcVkC8VBv18w/wR/RNqA',
  },
  ecdsaSk: {
    type: 'sk-ecdsa-sha2-nistp256@openssh.com',
    base64:
      'AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBHVRZGdSSP2Sf0Q6uiRHSPLYqO+KK7vN5sHX9Inmkg8MissRWg2t3v3wARpKcelXWpuQXAwkDsg6688p/9ecQlgAAAAEc3NoOg==',
    fingerprint: 'SHA256:ILzDyr5Ab0fq4u6KaomOGLJmU6aMT/5rGzwlE0jv3j0',
  },
} as const;

/** Keys that ssh-keygen makes and Gitkube does not take. */
export const refusedKeys = {
  dsa: 'ssh-dss AAAAB3NzaC1kc3MAAACBAI6ECNXFWeCQJOmDhOa24QHxLNmUV1AuieDPWAG4TTUElddhYZrmjZ7+no6wiQE4+/C/32sJIl6CUNCihrX0aG3f4yPU7Rqb6m588ZCeAIkQWZ+aAvJ0x1Fa2Fq8hTTLyvL9bJ+fK3xW5gS6cK/sZbByKo6ZNi6gZGhPF4NXbL0HAAAAFQDjxTbQ7JNIgUuuJUbH0vvbSkg19wAAAIBHIXb7Rg07nlIhQED8P0Erl/331WIrhbOik3kGAk5ModiDaZpbGNPK6Zk/STysgdRCh2sOecXuA3dMpYbp3DkyqbpEdVgOGOmlwnKHQPKZj3pfdLPToRFq0sdQeKCTd19pENrtjKZIaOZUq4yol9PShB9OqixAKj6j6lSDOkHWIwAAAIBsUWBf7X4XvoG3GEJQdQQ5cX3SA8nyP6cmv08ctfvbly+6m3M9wiRJXMws88Tu5UXB6b7I3PSXxVfjofSaynMa8zIAtS63Iiu47vVvsk32nCsVHEHOIC5O4/HNohlUqdNm3vUXcUn3W/3vnYZh6pEWvDXFCY+2YbOozj+si/DMBw==',
  rsa1024:
    'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDdqqQFecEIzwv1FOXPOK4UdhVM7agUHJv0q58VaoF5f7rI/KJ0tJyfphBIu3OaIUYTdJSRzUxrU3ywcOwUywjjQefqyW6Mgg/1jUq7aZP7BBqIJxDVdAgeU1ji96/x0zP8uHB5sNLjdqrDqWRA44fH9sSBza8AhreBOZObawwnCw==',
  certificate:
    'ecdsa-sha2-nistp256-cert-v01@openssh.com AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgiIXC17DnUzSsdTLW09hURe7sHI2zuKOa5a2BRpenCysAAAAIbmlzdHAyNTYAAABBBKUmYikvn40r6h+leXyxn198ypkeFMSrJmI1d7sGt/rZicfyEfzt1nQLH+szOA1eBC9CZdpS9d9F8sLwQ1VPD4QAAAAAAAAAAAAAAAEAAAABeAAAAAcAAAADZ2l0AAAAAAAAAAD//////////wAAAAAAAACCAAAAFXBlcm1pdC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRpbmcAAAAAAAAAFnBlcm1pdC1wb3J0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1pdC1wdHkAAAAAAAAADnBlcm1pdC11c2VyLXJjAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIJEgxXqFUfnxy1qRW8ezpSEaakYS0vMirsCV3/UTn9GGAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEC+/mLw/lYBedFjymxwscubJRlmFP52a9/RONFfa3h250VqmWM7YkEg9D7L5n6aT8+Z4f4BxktOQRp87iS2vo0A',
} as const;
