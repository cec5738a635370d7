package io.raftgres.operator.resource;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Sizes of claims in whole bytes. A fraction of a byte, as in 1.1Gi, is rounded up, as storage drivers do. */
public final class Sizes {

    private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);

    private Sizes() {}

    public static long bytes(String size) {
        return bytes(Quantity.parse(size));
    }

    /** @return at most {@link Long#MAX_VALUE}, as Kubernetes itself limits quantities */
    public static long bytes(Quantity size) {
        return Quantity.getAmountInBytes(size)
                .setScale(0, RoundingMode.CEILING)
                .min(MAX)
                .longValueExact();
    }

    /** @return the same size, in bytes if it is not a whole number of them */
    static Quantity whole(String size) {
        Quantity quantity = Quantity.parse(size);
        boolean isWhole = Quantity.getAmountInBytes(quantity).compareTo(BigDecimal.valueOf(bytes(quantity))) == 0;
        return isWhole ? quantity : new Quantity(String.valueOf(bytes(quantity)));
    }
}
