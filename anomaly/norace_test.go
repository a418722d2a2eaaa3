//go:build !race

package anomaly

const seeds = 200 // how many generated series a property is tried on
