// SPDX-License-Identifier: BSD-2-Clause
import CCrypto
import CMosABI

/// The hash functions of `mos_api`, over libcrypto.
///
/// A running hash is the address of its EVP_MD_CTX as a double (addresses stay below 2^53); 0 or less is none.
public enum HashCalls {
    /// Starts a hash of one of MOS_HASH_*: its handle, or -errno.
    public static let new: @convention(c) (Int32) -> Double = { kind in
        guard let digest = unsafe HashCalls.digest(kind) else { return -22 }
        guard let context = unsafe EVP_MD_CTX_new() else { return -12 }
        guard unsafe EVP_DigestInit_ex(context, digest, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            return -12
        }
        return Double(UInt(bitPattern: context))
    }

    /// Takes in `length` bytes: 0, or -errno.
    public static let update: @convention(c) (Double, UnsafePointer<CChar>?, Int32) -> Int32 = {
        hash,
        bytes,
        length in
        guard let context = unsafe HashCalls.context(hash), length >= 0 else { return -22 }
        if length == 0 { return 0 }
        return unsafe EVP_DigestUpdate(context, bytes, Int(length)) == 1 ? 0 : -12
    }

    /// Writes the digest, at most 64 bytes, and frees the hash: the digest's length, or -errno.
    public static let final: @convention(c) (Double, UnsafeMutablePointer<UInt8>?) -> Int32 = {
        hash,
        digest in
        guard let context = unsafe HashCalls.context(hash) else { return -22 }
        var length: UInt32 = 0
        let done = unsafe EVP_DigestFinal_ex(context, digest, &length)
        unsafe EVP_MD_CTX_free(context)
        return done == 1 ? Int32(length) : -12
    }

    /// Frees a hash whose digest nobody wants.
    public static let free: @convention(c) (Double) -> Int32 = { hash in
        guard let context = unsafe HashCalls.context(hash) else { return -22 }
        unsafe EVP_MD_CTX_free(context)
        return 0
    }

    private static func digest(_ kind: Int32) -> OpaquePointer? {
        switch Int(kind) {
        case MOS_HASH_MD5: unsafe EVP_md5()
        case MOS_HASH_SHA1: unsafe EVP_sha1()
        case MOS_HASH_SHA256: unsafe EVP_sha256()
        default: nil
        }
    }

    private static func context(_ hash: Double) -> OpaquePointer? {
        guard hash > 0, hash < 0x20_0000_0000_0000 else { return nil }
        return unsafe OpaquePointer(bitPattern: UInt(hash))
    }
}
