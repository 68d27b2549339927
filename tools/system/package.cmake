# cpack makes a Debian package of what "cmake --install" installs; see debian/ for what runs when it
# is installed, upgraded and removed.
set(debian ${CMAKE_CURRENT_LIST_DIR}/debian)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_CONTACT "dcmfs maintainers <maintainers@dcmfs.invalid>" CACHE STRING "Maintainer of the package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "DICOM archive that you mount")
set(CPACK_PACKAGE_DESCRIPTION
    "dcmfs keeps DICOM files in a folder and shows them as another: patients,
studies, series, and in them each image as .dcm, .json and .png. A file that
is copied into incoming/ is stored, indexed and seen at once. At the same
time it is a DICOM node and a REST server.")
# What the builder's umask says is not what the package should.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/package_tree.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# fusermount3; the user and the folders of the service.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "fuse3, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, dcmtk, fonts-noto-cjk")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
